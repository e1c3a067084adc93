FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN dnf install -y app-1.0
USER app
HEALTHCHECK CMD ["/bin/check"]
