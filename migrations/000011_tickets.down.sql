DROP TABLE claims, ticket_steps, ticket_mails, ticket_voices, tickets, ticket_secret;
