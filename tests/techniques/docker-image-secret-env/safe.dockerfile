FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ENV DB_PASSWORD_FILE=/run/secrets/db
USER app
HEALTHCHECK CMD ["/bin/check"]
