FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN wget --certificate=ca.pem https://files.example.com/a
ENV NODE_TLS_REJECT_UNAUTHORIZED=1
USER app
HEALTHCHECK CMD ["/bin/check"]
