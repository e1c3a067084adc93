FROM gcr.io/distroless/static:nonroot@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
USER app
HEALTHCHECK CMD ["/bin/check"]
