FROM gcr.io/google_containers/pause:3.1@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
USER app
HEALTHCHECK CMD ["/bin/check"]
