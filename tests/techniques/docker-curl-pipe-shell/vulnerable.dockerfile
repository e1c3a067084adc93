FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN curl -fsSL https://get.example.com/install.sh | bash -s -- -y
USER app
HEALTHCHECK CMD ["/bin/check"]
