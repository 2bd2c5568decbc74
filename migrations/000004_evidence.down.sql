DROP TABLE evidence;
DROP TABLE declarations;
