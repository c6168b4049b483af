"""The pages, each a function of what is asked for; `frame` lists them."""
