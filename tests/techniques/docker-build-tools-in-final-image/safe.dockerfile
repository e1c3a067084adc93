FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f AS build
RUN apt-get update && apt-get install -y gcc=13 && rm -rf /var/lib/apt/lists/* && make
FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
COPY --from=build /a /a
USER app
HEALTHCHECK CMD ["/bin/check"]
