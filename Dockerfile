# syntax=docker/dockerfile:1

FROM node:24-slim AS manifest
WORKDIR /app
COPY package.json package-lock.json ./

# Nothing that is installed runs a script of its own: none of it has to.
FROM manifest AS build
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM manifest AS dependencies
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts

FROM node:24-slim
WORKDIR /app
# The one place that outlives the container. Files are kept in data/files unless FILE_FOLDER says otherwise; setting that here
# would stand in the way of whoever chooses S3 instead.
RUN mkdir -m 700 /data && chown node:node /data && ln -s /data data
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY bin ./bin
COPY schema ./schema
COPY --from=build /app/dist ./dist

ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
USER node
EXPOSE 4000
VOLUME ["/data"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
