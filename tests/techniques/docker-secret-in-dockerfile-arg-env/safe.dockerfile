FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ARG NPM_TOKEN
ARG TOKEN_URL=https://example.com
RUN --mount=type=secret,id=npm true
USER app
HEALTHCHECK CMD ["/bin/check"]
