ARG TAG=3
FROM localhost:5000/base/run:$TAG AS base
FROM base
FROM scratch
USER app
HEALTHCHECK CMD ["/bin/check"]
