# The digest pins what the tag said on the day it was written down; give both anew to move on:
#   docker build --build-arg PYTHON=docker.io/library/python:3.13-slim-trixie@sha256:… --tag closeout .
ARG PYTHON=docker.io/library/python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285

FROM ${PYTHON} AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1
RUN python -m pip install --no-cache-dir 'uv==0.13.9'
WORKDIR /build
# What the lock names comes first: it changes less often than the service.
COPY pyproject.toml uv.lock ./
RUN uv export --quiet --frozen --no-dev --extra postgres --extra notify --extra otel --no-emit-project --output-file requirements.txt \
    && uv venv /opt/closeout \
    && uv pip install --python /opt/closeout --require-hashes --requirement requirements.txt
COPY README.md LICENSE ./
COPY issue_templates ./issue_templates
COPY service ./service
RUN uv build --wheel --out-dir dist \
    && uv pip install --python /opt/closeout --no-deps dist/*.whl

FROM ${PYTHON}
LABEL org.opencontainers.image.title="closeout" \
      org.opencontainers.image.description="Post-mortem follow-through, enforced inside the GitHub and GitLab trackers a team already uses." \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 closeout \
    && useradd --uid 10001 --gid closeout --home-dir /var/lib/closeout --create-home --shell /usr/sbin/nologin closeout
COPY --from=build /opt/closeout /opt/closeout
ENV PATH=/opt/closeout/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CLOSEOUT_BIND=0.0.0.0:8080 \
    CLOSEOUT_DATABASE_URL=sqlite:////var/lib/closeout/closeout.sqlite3
USER 10001:10001
WORKDIR /var/lib/closeout
VOLUME /var/lib/closeout
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["closeout"]
CMD ["serve"]
