FROM quay.io/somebody/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
USER app
HEALTHCHECK CMD ["/bin/check"]
