FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ADD --checksum=sha256:abababababababababababababababababababababababababababababababab https://files.example.com/app.tar.gz /srv/
ADD app.tar.gz /srv/
USER app
HEALTHCHECK CMD ["/bin/check"]
