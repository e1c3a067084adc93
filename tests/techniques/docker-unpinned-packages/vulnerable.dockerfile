FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN pip install --no-cache-dir flask==3.0 requests
USER app
HEALTHCHECK CMD ["/bin/check"]
