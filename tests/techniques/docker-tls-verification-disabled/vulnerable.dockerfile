FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN wget --no-check-certificate https://files.example.com/a
USER app
HEALTHCHECK CMD ["/bin/check"]
