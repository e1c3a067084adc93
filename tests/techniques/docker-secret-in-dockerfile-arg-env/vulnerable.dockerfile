FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ARG NPM_TOKEN=s3cret-for-the-demo
RUN true
USER app
HEALTHCHECK CMD ["/bin/check"]
