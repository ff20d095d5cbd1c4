# One image for `seing serve`, `seing web` and `seing worker`: the command decides. compose.yaml shows how it is run.
FROM python:3.12-slim-trixie AS build
WORKDIR /build
# No pip in what is copied: that of the image installs into it.
RUN python -m venv --without-pip /opt/seing
COPY requirements requirements
RUN pip --python /opt/seing/bin/python install --no-cache-dir --require-hashes -r requirements/base.txt
COPY pyproject.toml README.md ./
COPY pipeline pipeline
COPY templates templates
COPY signing signing
COPY storage storage
RUN pip --python /opt/seing/bin/python install --no-cache-dir --no-deps --no-build-isolation . \
    && pip --python /opt/seing/bin/python uninstall --yes setuptools

FROM python:3.12-slim-trixie
RUN useradd --uid 10001 --no-create-home --home-dir /var/lib/seing --shell /usr/sbin/nologin seing \
    && install -d -o seing -g seing -m 0700 /var/lib/seing
COPY --from=build /opt/seing /opt/seing
ENV PATH=/opt/seing/bin:$PATH PYTHONUNBUFFERED=1 SEING_DATA_DIR=/var/lib/seing SEING_HOST=0.0.0.0
USER 10001:10001
WORKDIR /var/lib/seing
VOLUME /var/lib/seing
EXPOSE 8000
CMD ["seing", "serve"]
