FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
CMD ["app", "--api-key=s3cret-for-the-demo"]
USER app
HEALTHCHECK CMD ["/bin/check"]
