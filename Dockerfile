# The bot, as it is run in production: `docker build --tag stockops .`
#
# There is no build step: Node runs the TypeScript sources as they are. The image holds neither the sandbox nor the tests, and
# no helm and no docker: which versions of those may touch your clusters is your decision (docs/operating.md says how to add them).
FROM node:26-slim

ENV NODE_ENV=production
WORKDIR /app

# The optional packages are Node itself, for machines that have another version. This image is that version.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force

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
