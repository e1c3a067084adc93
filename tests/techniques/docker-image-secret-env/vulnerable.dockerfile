FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ENV DB_PASSWORD=s3cret-for-the-demo
USER app
HEALTHCHECK CMD ["/bin/check"]
