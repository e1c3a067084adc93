FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN --mount=type=secret,id=a curl -u "deploy:$(cat /run/secrets/a)" -o /srv/a https://files.example.com/a
USER app
HEALTHCHECK CMD ["/bin/check"]
