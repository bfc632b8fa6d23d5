document.title = "proxies";
