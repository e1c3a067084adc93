FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ENV NODE_ENV=production
USER app
HEALTHCHECK CMD ["/bin/check"]
