FROM debian:12.5@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f AS base
USER 1000
FROM base
RUN true
