FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN apk add --allow-untrusted app=1.0 && rm -rf /var/cache/apk
USER app
HEALTHCHECK CMD ["/bin/check"]
