FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ADD https://files.example.com/app.tar.gz /srv/
USER app
HEALTHCHECK CMD ["/bin/check"]
