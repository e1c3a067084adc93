FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ENTRYPOINT ["dockerd", "-H", "tcp://0.0.0.0:2376", "--tlsverify"]
USER app
HEALTHCHECK CMD ["/bin/check"]
