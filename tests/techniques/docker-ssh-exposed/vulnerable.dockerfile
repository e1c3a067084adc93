FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
EXPOSE 22/tcp
USER app
HEALTHCHECK CMD ["/bin/check"]
