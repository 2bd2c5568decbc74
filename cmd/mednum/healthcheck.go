package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func newHealthcheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Demande à un serveur mednum s’il peut répondre (pour les conteneurs)",
		Long: `Demande /readyz au serveur mednum de cette machine : code de sortie 0 quand il
peut répondre, base comprise, 1 sinon. Pour les images sans curl.`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			host, port, err := net.SplitHostPort(c.Listen)
			if err != nil {
				return err
			}
			if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
				host = "localhost"
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), 5*time.Second)
			defer cancel()
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
			if err != nil {
				return err
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return fmt.Errorf("le serveur ne répond pas : %w", err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				return fmt.Errorf("le serveur n’est pas prêt : %s", response.Status)
			}
			return nil
		},
	}
	takes(cmd, "listen")
	return cmd
}
