DROP TABLE mail_links, sessions, role_requests, account_roles, people, accounts;
