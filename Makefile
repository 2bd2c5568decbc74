# Two commands are enough: make run, make test. The work is in .make/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test build lint fmt bench db-url db-stop clean

help: ## dit ce que fait chaque commande
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: ## installe tout, charge des données et sert http://localhost:8080 (LISTEN=, CENSUS=fichier.csv)
	@exec .make/run

test: ## installe tout et passe tous les tests (base et navigateur réels)
	@exec .make/test

build: ## bin/mednum : un seul fichier statique, pages et migrations dedans
	@. .make/lib.sh && need_writable && build_pages && build_binary -trimpath && hand_over

lint: ## mise en forme et analyse du code, versions fixées
	@exec .make/lint

fmt: ## met le code Go en forme
	@find . \( -name node_modules -o -path ./.data \) -prune -o -name '*.go' -print0 | xargs -0 gofmt -w

bench: ## mesure les vitesses (SIZES="20000 1000000") contre le plancher, PostgreSQL seul
	@exec .make/bench

db-url: ## démarre la base privée et écrit son adresse (superutilisateur)
	@exec .make/cluster url

db-stop: ## arrête la base privée
	@exec .make/cluster stop

clean: ## arrête la base privée et efface .data, bin et les pages construites
	@.make/cluster remove
	@rm -rf bin web-map/node_modules && find web-map/dist -mindepth 1 ! -name .gitkeep -delete
