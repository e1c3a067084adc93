FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN curl -u deploy:s3cret-for-the-demo -o /srv/a https://files.example.com/a
USER app
HEALTHCHECK CMD ["/bin/check"]
