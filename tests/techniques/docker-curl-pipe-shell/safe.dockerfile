FROM registry.example.com/base/run:3@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN curl -fsSLo /tmp/i.sh https://get.example.com/install.sh && echo "abc  /tmp/i.sh" | sha256sum -c && sh /tmp/i.sh
USER app
HEALTHCHECK CMD ["/bin/check"]
