"""What is done to pages, one file for each verb of the flow. No sockets, no clock."""
