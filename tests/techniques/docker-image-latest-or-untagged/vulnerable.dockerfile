FROM localhost:5000/base/run
USER app
HEALTHCHECK CMD ["/bin/check"]
