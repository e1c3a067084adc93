FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
COPY deploy/id_rsa /root/.ssh/id_rsa
USER app
HEALTHCHECK CMD ["/bin/check"]
