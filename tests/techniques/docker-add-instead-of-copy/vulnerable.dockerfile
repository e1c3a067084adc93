FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ADD config.yaml /etc/app/
USER app
HEALTHCHECK CMD ["/bin/check"]
