# One image for every part of Baton: `docker run IMAGE serve`, `docker run IMAGE migrate`, `docker run IMAGE deploy ...`.

FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY bpmn bpmn
COPY engine engine
COPY api api
COPY tasklist tasklist
COPY baton baton
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --disable-pip-version-check --constraint requirements.lock --editable . \
 && /opt/build/bin/python tasklist/web/build.py \
 && rm -rf tasklist/web/node_modules
RUN python -m venv /opt/baton \
 && /opt/baton/bin/pip install --no-cache-dir --disable-pip-version-check --constraint requirements.lock '.[oidc,scripts]'

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Baton" \
      org.opencontainers.image.description="A BPMN 2.0 process engine with human tasks" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /var/lib/baton --create-home --shell /usr/sbin/nologin baton
COPY --from=build /opt/baton /opt/baton
COPY processes /opt/baton/processes
ENV PATH=/opt/baton/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BATON_HOST=0.0.0.0 \
    BATON_DATABASE_URL=sqlite:////var/lib/baton/baton.db
WORKDIR /var/lib/baton
VOLUME /var/lib/baton
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"BATON_PORT\", 8080)}/health/live', timeout=2)"]
ENTRYPOINT ["baton"]
CMD ["serve"]
