# The pages, the binary, then an image with nothing but the binary: no shell, no
# package manager, not root.
FROM node:22-bookworm-slim AS pages
WORKDIR /src/web-map
COPY web-map/package.json web-map/package-lock.json web-map/.npmrc* ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY openapi.yaml /src/
COPY web-map ./
RUN npm run build

# Codes, names and points of the communes, from the npm registry.
FROM node:22-bookworm-slim AS territories
WORKDIR /territoires
COPY internal/territory/npm/package.json internal/territory/npm/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM golang:1.26-bookworm AS binary
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=pages /src/web-map/dist web-map/dist
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /mednum ./cmd/mednum

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=binary /mednum /usr/local/bin/mednum
COPY --from=territories /territoires /usr/share/mednum/territoires
ENV MEDNUM_LISTEN=:8080 MEDNUM_LOG_FORMAT=json
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s CMD ["/usr/local/bin/mednum", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/mednum"]
CMD ["serve"]
