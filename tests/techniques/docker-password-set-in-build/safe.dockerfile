FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN useradd -p "*" app
RUN passwd -l app
USER app
HEALTHCHECK CMD ["/bin/check"]
