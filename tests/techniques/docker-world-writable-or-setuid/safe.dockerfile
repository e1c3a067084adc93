FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN chmod 1777 /tmp && chmod 0755 /usr/bin/app && chmod -R g=u /srv
USER app
HEALTHCHECK CMD ["/bin/check"]
