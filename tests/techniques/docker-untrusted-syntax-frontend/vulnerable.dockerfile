# syntax=somebody/dockerfile:1
FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f

USER app
HEALTHCHECK CMD ["/bin/check"]
