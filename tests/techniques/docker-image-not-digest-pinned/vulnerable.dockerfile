FROM registry.example.com/base/run:3
USER app
HEALTHCHECK CMD ["/bin/check"]
