FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN apt-get update && apt-get install -y build-essential=12 && rm -rf /var/lib/apt/lists/*
USER app
HEALTHCHECK CMD ["/bin/check"]
