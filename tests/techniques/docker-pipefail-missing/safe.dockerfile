FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN cat a | tee b
RUN ["cat", "a", "|", "b"]
RUN cat a || tee b
USER app
HEALTHCHECK CMD ["/bin/check"]
