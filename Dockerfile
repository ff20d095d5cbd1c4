# One image for `seing serve`, `seing web` and `seing worker`: the command decides.
FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /opt/seing && /opt/seing/bin/pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY pyproject.toml README.md ./
COPY requirements requirements
COPY pipeline pipeline
COPY templates templates
COPY signing signing
COPY storage storage
RUN /opt/seing/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 seing && install -d -o seing /var/lib/seing
COPY --from=build /opt/seing /opt/seing
ENV PATH=/opt/seing/bin:$PATH PYTHONUNBUFFERED=1 SEING_DATA_DIR=/var/lib/seing SEING_HOST=0.0.0.0
USER seing
WORKDIR /var/lib/seing
VOLUME /var/lib/seing
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["seing", "serve"]
