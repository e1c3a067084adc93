FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN apk add --no-cache app=1.0
USER app
HEALTHCHECK CMD ["/bin/check"]
