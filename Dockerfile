# The bot, as it is run in production: `docker build --tag stockops .`
#
# There is no build step: Node runs the TypeScript sources as they are. The image holds neither the sandbox nor the tests, and
# no helm and no docker: which versions of those may touch your clusters is your decision (docs/operating.md says how to add them).
#
# The tag moves with Node's own fixes. For a build that can be repeated, give the digest that your registry shows for it:
# docker build --build-arg NODE_IMAGE=node:26-slim@sha256:… --tag stockops .
ARG NODE_IMAGE=node:26-slim
FROM ${NODE_IMAGE}

ENV NODE_ENV=production
WORKDIR /app

# The optional packages are Node itself, for machines that have another version. This image is that version.
COPY package.json package-lock.json .npmrc ./
# sbom.cdx.json says what is in the image, by name, version and hash: the parts whose scope is `required`. The others are for development.
RUN npm ci --omit=dev --omit=optional && npm run --silent sbom > sbom.cdx.json && npm cache clean --force

COPY src ./src
COPY systems ./systems
RUN chmod 755 src/main.ts && ln -s /app/src/main.ts /usr/local/bin/stockops

# Everything above belongs to root: the bot cannot change itself. It runs on a read-only file system; only /tmp need be writable,
# and with PGlite also the directory that STOCKOPS_DATA_DIR names.
ENV HOME=/tmp
USER 1000:1000
EXPOSE 8080 9090
ENTRYPOINT ["stockops"]
CMD ["serve"]
