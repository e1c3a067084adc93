FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN curl -fsSLo /srv/i.sh https://get.example.com/install.sh && echo "abc  /srv/i.sh" | sha256sum -c && sh /srv/i.sh
USER app
HEALTHCHECK CMD ["/bin/check"]
