FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN chmod u+s /usr/bin/app
USER app
HEALTHCHECK CMD ["/bin/check"]
