# One static program, no shell, no root. The replica and everything else that stays is in /data.
#
#   docker build -t inthreat .
#   docker run --rm --no-healthcheck -v ti:/data -e INTHREAT_API_KEY inthreat pull --into /data/ti
#   mkdir keys && inthreat keys create NAME --file keys/keys.json && sudo chgrp 65532 keys/keys.json && chmod 0640 keys/keys.json
#   docker run -v ti:/data -v ./keys:/keys:ro -p 8080:8080 inthreat serve --local /data/ti --listen 0.0.0.0:8080 --keys /keys/keys.json
#
# The program runs as user and group 65532, which have to be able to read what is mounted, while a file of keys begins as one that its
# owner alone can read. Whoever changes it later, with `sudo inthreat keys revoke`, keeps its group. What is mounted is the folder: a
# single file would stay the one of that moment, and what was revoked since would still count.
FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
# With a target of its own, the flag is not for macros and build scripts, which the compiler itself loads. The C library is the one that
# all figures of `docs/performance.md` were measured with; it resolves names without help of files that are not there.
RUN RUSTFLAGS="-C target-feature=+crt-static" cargo build --profile dist --locked --package inthreat --target "$(rustc --print host-tuple)" \
    && cp target/*/dist/inthreat /inthreat && mkdir -p /empty/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /empty/data /data
COPY --from=build /inthreat /inthreat
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
# This is for a server without TLS at this port. A container that does not serve, such as one that pulls or watches, is run with
# `--no-healthcheck`. For one that speaks TLS, whose certificate is not verified here, `--health-cmd` is of no use, since it wants a
# shell; Compose takes `healthcheck: { test: ["CMD", "/inthreat", "health", "--url", "https://127.0.0.1:8080"] }`, and else an image
# says it that begins `FROM inthreat` and has a HEALTHCHECK of its own.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["/inthreat", "health", "--url", "http://127.0.0.1:8080"]
ENTRYPOINT ["/inthreat"]
CMD ["--help"]
